import type { AppScreen } from '../screen/app-screen.ts'
import { viewsOf, type ListPlace } from '../screen/list-walk.ts'
import { ScreenLost } from '../screen/screen-lost.ts'
import { below, type Snapshot, type UiElement } from '../screen/snapshot.ts'
import type { Locators } from './locators.ts'

const ALBUM = '图片和视频'
const FOLDER = '/sdcard/Pictures/Muster'
const MOST_VIEWS = 60
const PICTURES: ListPlace = { what: 'the album', here: (seen) => seen.text(ALBUM) !== undefined }

/** A picture to pick: a name nobody else uses, and its bytes. */
export interface PickedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Puts pictures on the phone, the first one last, so that they stand in order at the top of the album. */
export async function pushPictures(screen: AppScreen, files: readonly PickedFile[]): Promise<void> {
  for (const file of files.toReversed()) await screen.pushFile(`${FOLDER}/${file.name}`, file.bytes)
}

/** Ticks pictures by their file names, in order; answers once the button says how many. */
export async function pickPictures(
  screen: AppScreen,
  locators: Locators,
  names: readonly string[],
  label: '发送' | '完成',
): Promise<void> {
  await screen.waitFor('the album', (seen) => seen.text(ALBUM))
  for (const [index, name] of names.entries()) {
    await showPicture(screen, name)
    if (tickOf(await screen.look(), locators, name)?.checked) throw new ScreenLost(`${name} was ticked already`)
    await screen.tap(`the tick of ${name}`, (seen) => tickOf(seen, locators, name))
    await screen.waitFor(`${index + 1} ticks`, (seen) =>
      tickOf(seen, locators, name)?.checked ? doneButton(seen, label, index + 1) : undefined,
    )
  }
}

/** The button that ends the picking, only with the right number of ticks. */
export const doneButton = (screen: Snapshot, label: '发送' | '完成', count: number): UiElement | undefined =>
  screen.button(`${label}(${count}/9)`)

const cellOf = (screen: Snapshot, name: string): UiElement | undefined =>
  screen.find(({ children }) => children.some(({ cls, desc }) => cls === 'ImageView' && desc.endsWith(`, ${name}`)))

function tickOf(screen: Snapshot, { tick }: Locators, name: string): UiElement | undefined {
  const cell = cellOf(screen, name)
  return cell && below(cell).find((element) => element.cls === 'CheckBox' || element.id === tick)
}

async function showPicture(screen: AppScreen, name: string): Promise<void> {
  if (cellOf(await screen.look(), name)) return
  for await (const seen of viewsOf(screen, PICTURES, MOST_VIEWS)) if (cellOf(seen, name)) return
  throw new ScreenLost(`the album does not show ${name}`)
}
