/**
 * Reads a text/event-stream body.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{ event: string, id: string | null, data: string }>}
 */
export async function* serverSentEvents(body) {
  let rest = '';
  let event = {};
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split(/\r\n|\n|\r/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.event !== undefined || event.data !== undefined) yield { event: event.event ?? 'message', id: event.id ?? null, data: event.data ?? '' };
        event = {};
        continue;
      }
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'data') event.data = event.data === undefined ? value : `${event.data}\n${value}`;
      else if (name === 'event' || name === 'id') event[name] = value;
    }
  }
}
