/** Identifiers that sort by the time they were made. */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;

/** Make a new ULID: 48 bits of time and 80 random ones. */
export function ulid(): string {
  let time = Date.now();
  let text = "";
  for (let position = 0; position < TIME_LENGTH; position += 1) {
    text = ALPHABET.charAt(time % ALPHABET.length) + text;
    time = Math.floor(time / ALPHABET.length);
  }
  for (const byte of crypto.getRandomValues(new Uint8Array(RANDOM_LENGTH))) {
    text += ALPHABET.charAt(byte % ALPHABET.length);
  }
  return text;
}
