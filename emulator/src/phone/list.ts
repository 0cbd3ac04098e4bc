import { group, type Box, type UiNode } from './ui.ts'

/** A row that draws itself. One that stays keeps its place when the rows around it change theirs. */
export interface Row {
  readonly draw: (box: Box) => UiNode
  readonly stays?: boolean
}

/** Where a list stands, in rows, and whether rows have changed places. */
export class Scroll {
  #first = 0
  #moved: number | undefined

  /** Which rows are in view, and a handler that moves over them. */
  window(
    total: number,
    visible: number,
    rowHeight: number,
  ): { first: number; end: number; move: (pixels: number) => void } {
    const last = Math.max(0, total - visible)
    this.#first = Math.min(this.#first, last)
    const move = (pixels: number): void => {
      this.#first = Math.max(0, Math.min(last, this.#first + Math.trunc(pixels / rowHeight)))
    }
    return { first: this.#first, end: this.#first + visible, move }
  }

  /** The rows in view as they stand now, and a handler that moves them where at least two can change places. */
  arrange<T>(
    shown: readonly T[],
    stays: (row: T) => boolean,
  ): { rows: readonly T[]; reorder: ((draw: number | undefined) => void) | undefined } {
    const runs = runsOf(shown, stays)
    const reorder = (draw: number | undefined): void => {
      this.#moved = draw
    }
    const moved = this.#moved
    return {
      rows: moved === undefined ? shown : runs.flatMap((run) => turn(run, moved)),
      reorder: runs.some((run) => run.length > 1) ? reorder : undefined,
    }
  }
}

/** Rows that stand together and can change places; a row that stays is alone. */
function runsOf<T>(rows: readonly T[], stays: (row: T) => boolean): T[][] {
  const runs: T[][] = []
  let open = false
  for (const row of rows) {
    const moves = !stays(row)
    if (moves && open) runs.at(-1)?.push(row)
    else runs.push([row])
    open = moves
  }
  return runs
}

/** Turned like this, no row stands where it stood. */
function turn<T>(run: readonly T[], draw: number): readonly T[] {
  const by = 1 + Math.floor(draw * (run.length - 1))
  return run.length < 2 ? run : [...run.slice(by), ...run.slice(0, by)]
}

/** A scrolling list of rows of one height. */
export function list<T>(
  box: Box,
  scroll: Scroll,
  rows: readonly T[],
  draw: (row: T, box: Box) => UiNode,
  options: { rowHeight: number; stays?: (row: T) => boolean },
): UiNode {
  const { rowHeight, stays = () => false } = options
  const { first, end, move } = scroll.window(rows.length, Math.floor(box[3] / rowHeight), rowHeight)
  const arranged = scroll.arrange(rows.slice(first, end), stays)
  const children = arranged.rows.map((row, index) => draw(row, [box[0], box[1] + index * rowHeight, box[2], rowHeight]))
  return group('ListView', box, children, { scroll: move, reorder: arranged.reorder })
}

/** A list of rows of several kinds. */
export const mixedList = (box: Box, scroll: Scroll, rows: readonly Row[], rowHeight: number): UiNode =>
  list(box, scroll, rows, (row, place) => row.draw(place), { rowHeight, stays: ({ stays = false }) => stays })

/** A scrolling grid; `draw` gets the place of a cell among all of them too. */
export function grid<T>(
  box: Box,
  scroll: Scroll,
  cells: readonly T[],
  draw: (cell: T, box: Box, index: number) => UiNode,
  options: { columns: number; rowHeight: number },
): UiNode {
  const { columns, rowHeight } = options
  const width = Math.floor(box[2] / columns)
  const lines = Math.ceil(cells.length / columns)
  const { first, end, move } = scroll.window(lines, Math.floor(box[3] / rowHeight), rowHeight)
  const arranged = scroll.arrange(cells.slice(first * columns, end * columns), () => false)
  const drawn = Array.from({ length: Math.ceil(arranged.rows.length / columns) }, (_, line) => {
    const y = box[1] + line * rowHeight
    const row = arranged.rows.slice(line * columns, (line + 1) * columns)
    const inLine = row.map((cell, column) =>
      draw(cell, [box[0] + column * width, y, width, rowHeight], (first + line) * columns + column),
    )
    return group('LinearLayout', [box[0], y, box[2], rowHeight], inLine)
  })
  return group('GridView', box, drawn, { scroll: move, reorder: arranged.reorder })
}
