import type { Emulator, WorldView } from '@muster/emulator'
import { within } from './within.ts'

/** Resolves with the world once it fits; looks at each change. */
export async function worldWhere(
  emulator: Emulator,
  what: string,
  fits: (world: WorldView) => boolean,
  limitMs = 60_000,
): Promise<WorldView> {
  let stop: () => void = () => undefined
  const fitting = new Promise<WorldView>((resolve) => {
    const look = (): void => {
      const world = emulator.world()
      if (fits(world)) resolve(world)
    }
    stop = emulator.onChange(look)
    look()
  })
  try {
    return await within(fitting, limitMs, () => what)
  } finally {
    stop()
  }
}
