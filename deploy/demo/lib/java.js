import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const major = (java) => Number(/version "(\d+)/.exec(spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr ?? '')?.[1] ?? 0);

/** The home of a JDK that can run the Java bot, or null. */
export function jdkHome() {
  const usual = '/usr/lib/jvm';
  const homes = [process.env.JAVA_HOME, ...(existsSync(usual) ? readdirSync(usual).map((name) => join(usual, name)) : [])];
  return homes.find((home) => home && existsSync(join(home, 'bin', 'keytool')) && major(join(home, 'bin', 'java')) >= 21) ?? null;
}

const built = (target, ending) => {
  const jar = existsSync(target) ? readdirSync(target).find((name) => name.endsWith(ending)) : undefined;
  return jar ? join(target, jar) : null;
};

/** What Maven has built there, or null. */
export const javaBot = (target) => built(target, '-bot.jar');
export const agentJar = (target) => built(target, '-agent-all.jar');

/** Java trusts what is in a store, not in a PEM file. */
export function trustStore(home, certificate, store) {
  execFileSync(join(home, 'bin', 'keytool'), ['-importcert', '-noprompt', '-alias', 'gateway', '-file', certificate, '-keystore', store, '-storetype', 'PKCS12', '-storepass', 'changeit'], { stdio: 'ignore' });
  return store;
}
