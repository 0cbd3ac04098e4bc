/** Lets one work at a time use the screen, in the order of asking. */
export class ScreenMutex {
  #last: Promise<void> = Promise.resolve()
  #asked = 0

  /** Whether nobody uses it or waits for it. */
  get free(): boolean {
    return this.#asked === 0
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last
    const mine = Promise.withResolvers<void>()
    this.#last = mine.promise
    this.#asked++
    await before
    try {
      return await work()
    } finally {
      this.#asked--
      mine.resolve()
    }
  }
}
