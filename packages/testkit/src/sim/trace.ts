/** A running hash of what happened, 64 bits: two runs of one seed that differ anywhere have two hashes. */
export class Trace {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;

  /** What happened, and when. */
  note(text: string, bytes?: Uint8Array): void {
    for (let at = 0; at < text.length; at += 1) this.#mix(text.charCodeAt(at));
    if (bytes === undefined) return;
    this.#mix(bytes.length);
    for (const byte of bytes) this.#mix(byte);
  }

  #mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193);
    this.#b = Math.imul(this.#b ^ (value + (this.#a >>> 15)), 0x85ebca6b);
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    const hex = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
    return hex(this.#a) + hex(this.#b);
  }
}
