// A second implementation of the treaty's seal, for tests only: HPKE by @hpke/core and X-Wing by
// @hpke/hybridkem-x-wing; CBOR profile and Ed25519 by this file and Node's own crypto.
// One JSON object on stdin, one on stdout; bytes in hex.
import { createHash, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { XWing } from "@hpke/hybridkem-x-wing";

const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const raw = (text) => new Uint8Array(Buffer.from(text, "hex"));

function head(major, number) {
  if (number < 24) return Buffer.from([(major << 5) | number]);
  for (const [low, width] of [[24, 1], [25, 2], [26, 4], [27, 8]]) {
    if (number < 2 ** (8 * width)) {
      const out = Buffer.alloc(1 + width);
      out[0] = (major << 5) | low;
      let rest = BigInt(number);
      for (let at = width; at >= 1; at--) {
        out[at] = Number(rest & 255n);
        rest >>= 8n;
      }
      return out;
    }
  }
}

function encode(item) {
  if (typeof item === "number") return head(0, item);
  if (typeof item === "string") return Buffer.concat([head(3, Buffer.byteLength(item)), Buffer.from(item)]);
  if (item instanceof Uint8Array) return Buffer.concat([head(2, item.length), item]);
  return Buffer.concat([head(4, item.length), ...item.map(encode)]);
}

function decode(data) {
  let at = 0;
  const read = () => {
    const first = data[at++];
    let number = first & 31;
    if (number >= 24) {
      const width = 1 << (number - 24);
      number = Number(BigInt("0x" + hex(data.subarray(at, at + width))));
      at += width;
    }
    const major = first >> 5;
    if (major === 0) return number;
    if (major === 4) return Array.from({ length: number }, read);
    const part = data.subarray(at, at + number);
    at += number;
    return major === 3 ? Buffer.from(part).toString() : new Uint8Array(part);
  };
  return read();
}

const info = (site, topic, hdr) => encode(["wardbeat/1/seal", site, topic, hdr]);
const signed = (site, topic, hdr, ct) => encode(["wardbeat/1/envelope", site, topic, hdr, ct]);
const kid = (key) => new Uint8Array(createHash("sha256").update(key).digest().subarray(0, 8));

function publicKey(bytes) {
  return createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes]), format: "der", type: "spki" });
}
function privateKey(seed) {
  return createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
    format: "der",
    type: "pkcs8",
  });
}

async function open({ envelope, seed, sender, site, topic }) {
  const [hdr, ct, sig] = decode(raw(envelope));
  const trusted = verify(null, signed(site, topic, hdr, ct), publicKey(raw(sender)), sig);
  const recipientKey = await suite.kem.importKey("raw", raw(seed).buffer, false); // X-Wing's private key is its seed
  const context = await suite.createRecipientContext({ recipientKey, enc: ct.slice(0, 1120), info: info(site, topic, hdr) });
  const padded = new Uint8Array(await context.open(ct.slice(1120)));
  const size = Buffer.from(padded).readUInt32BE(0);
  return { trusted, words: hex(padded.subarray(4, 4 + size)), rest: padded.subarray(4 + size).every((byte) => byte === 0) };
}

async function seal({ words, recipient, signSeed, site, topic, stream, seq }) {
  const key = privateKey(raw(signSeed));
  const senderPublic = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  const seqBytes = Buffer.alloc(8);
  seqBytes.writeBigUInt64BE(BigInt(seq));
  const hdr = encode([1, kid(raw(recipient)), kid(senderPublic), raw(stream), new Uint8Array(seqBytes), new Uint8Array(16)]);
  const padded = Buffer.alloc(2048);
  padded.writeUInt32BE(raw(words).length, 0);
  padded.set(raw(words), 4);
  const recipientPublicKey = await suite.kem.deserializePublicKey(raw(recipient).buffer);
  const context = await suite.createSenderContext({ recipientPublicKey, info: info(site, topic, new Uint8Array(hdr)) });
  const ct = Buffer.concat([Buffer.from(context.enc), Buffer.from(await context.seal(padded))]);
  const sig = sign(null, signed(site, topic, new Uint8Array(hdr), new Uint8Array(ct)), key);
  return { envelope: hex(encode([new Uint8Array(hdr), new Uint8Array(ct), new Uint8Array(sig)])) };
}

let input = "";
for await (const chunk of process.stdin) input += chunk;
const asked = JSON.parse(input);
const answer = await (asked.what === "open" ? open(asked) : seal(asked));
process.stdout.write(JSON.stringify(answer));
