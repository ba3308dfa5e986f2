/** Admissions that are looked back at. */
const KEPT = 64;

/** How fast a line moves: what a person can be told of how long it will take. */
export class Speed {
  #began: number | undefined;
  #times: number[] = [];

  /** Somebody waits; the first of a line begins it. @param now milliseconds */
  begin(now: number): void {
    this.#began ??= now;
  }

  /** Somebody was seated. */
  admitted(now: number): void {
    this.#times.push(now);
    if (this.#times.length <= KEPT) return;
    this.#began = this.#times.shift();
  }

  /** Nobody waits any more: the next line has a speed of its own. */
  end(): void {
    this.#began = undefined;
    this.#times = [];
  }

  /**
   * Milliseconds until a place is reached, if it goes on as it went; `undefined` before anybody moved. While nobody
   * moves it grows.
   */
  wait(position: number, now: number): number | undefined {
    if (this.#began === undefined || this.#times.length === 0) return undefined;
    return Math.round((position * Math.max(0, now - this.#began)) / this.#times.length);
  }
}
