/** What the demo says: elapsed time, one line a fact; colour only on a terminal. */
export class Screen {
  #began = performance.now();
  #colour;
  #out;

  constructor(out = process.stdout, colour = out.isTTY && !process.env.NO_COLOR) {
    this.#out = out;
    this.#colour = colour;
  }

  get elapsedMs() {
    return performance.now() - this.#began;
  }

  title(text) {
    this.#out.write(`\n${this.bold(text)}\n`);
  }

  say(text) {
    const seconds = (this.elapsedMs / 1000).toFixed(1).padStart(6);
    this.#out.write(`${this.dim(`${seconds} s`)}  ${text}\n`);
  }

  good(text) {
    this.say(`${this.green('✔')} ${text}`);
  }

  bad(text) {
    this.say(`${this.red('✘')} ${text}`);
  }

  /** @param {{ name: string, value: string, limit: string, ok: boolean | null }[]} rows ok null: only told, not judged */
  table(rows) {
    const width = (key) => Math.max(...rows.map((row) => row[key].length));
    const [name, value, limit] = ['name', 'value', 'limit'].map(width);
    this.#out.write('\n');
    for (const row of rows) {
      const mark = row.ok === null ? ' ' : row.ok ? this.green('✔') : this.red('✘');
      const shown = row.value.padStart(value);
      this.#out.write(` ${mark} ${row.name.padEnd(name)}  ${row.ok === false ? this.red(shown) : this.bold(shown)}  ${this.dim(row.limit.padEnd(limit))}\n`);
    }
    this.#out.write('\n');
  }

  bold = (text) => this.#paint(1, text);
  dim = (text) => this.#paint(2, text);
  red = (text) => this.#paint(31, text);
  green = (text) => this.#paint(32, text);

  #paint(code, text) {
    return this.#colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}
