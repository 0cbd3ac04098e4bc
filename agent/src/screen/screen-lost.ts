/** The screen is not where a flow expected it. The flow may begin again from the first screen. */
export class ScreenLost extends Error {
  override readonly name = 'ScreenLost'
}
