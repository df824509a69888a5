import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

// Discord's gateway is wss:// and the tracker stores no other resume address, so the stand-in speaks TLS as well.
// Node can sign but not write a certificate, and openssl or keytool need not be installed: these few DER forms are enough.

const der = (tag, ...parts) => {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts) => der(0x30, ...parts);
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'));
const octets = (part) => der(0x04, part);
const bits = (part) => der(0x03, Buffer.from([0]), part);
const explicit = (number, part) => der(0xa0 | number, part);
const utc = (date) => der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
const TRUE = der(0x01, Buffer.from([0xff]));
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const SUBJECT_ALT_NAME = oid('551d11');
const SUBJECT_KEY_ID = oid('551d0e');

/** A self-signed certificate for localhost and 127.0.0.1 that is its own authority; both values are PEM. */
export function selfSignedCertificate(days = 30) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('Quintet gateway stand-in')))));
  const now = Date.now();
  const serial = randomBytes(16);
  serial[0] = (serial[0] & 0x7f) | 0x40;
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])));
  const body = sequence(
    explicit(0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    name,
    sequence(utc(new Date(now - 3_600_000)), utc(new Date(now + days * 86_400_000))),
    name,
    spki,
    explicit(3, sequence(
      sequence(BASIC_CONSTRAINTS, TRUE, octets(sequence(TRUE))),
      sequence(SUBJECT_ALT_NAME, octets(names)),
      sequence(SUBJECT_KEY_ID, octets(octets(createHash('sha1').update(spki).digest()))),
    )),
  );
  const certificate = sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g).join('\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
