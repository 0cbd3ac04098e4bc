import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Phone } from '../phone/phone.ts'
import { centre, className, type Placed } from '../phone/ui.ts'
import { WebDriverError } from './error.ts'
import { find } from './find.ts'
import { pageSource } from './page-source.ts'

/** The key of an element reference in the W3C protocol. */
export const ELEMENT_KEY = 'element-6066-11e4-a52e-4f735466cecf'
const POLL_MS = 50

export type ElementReference = { readonly [ELEMENT_KEY]: string }

/** One WebDriver session: its element references and its settings. */
export class Session {
  readonly id = randomUUID()
  readonly phone: Phone
  readonly capabilities: Readonly<Record<string, unknown>>
  implicitWaitMs = 0
  settings: Readonly<Record<string, unknown>> = {}
  /** Nobody waits any more for what this session is still looking for. */
  ended = false

  constructor(phone: Phone, capabilities: Readonly<Record<string, unknown>>) {
    this.phone = phone
    this.capabilities = capabilities
  }

  /** The page source; an empty or partial one while such a fault is on. */
  source(): string {
    const nodes = this.phone.look()
    if (this.phone.faults.take('TREE_EMPTY')) return pageSource(nodes.slice(0, 1), this.phone.appPackage)
    if (this.phone.faults.take('TREE_PARTIAL')) {
      return pageSource(nodes.slice(0, Math.ceil(nodes.length / 2)), this.phone.appPackage)
    }
    return pageSource(nodes, this.phone.appPackage)
  }

  /** References of what a strategy finds, within the session's implicit wait. */
  async find(using: string, value: string, below?: string): Promise<ElementReference[]> {
    const until = performance.now() + this.implicitWaitMs
    let nodes = this.phone.look()
    for (;;) {
      const context = below === undefined ? undefined : place(below, nodes)
      const found = find(nodes, this.phone.appPackage, using, value, context)
      if (found.length > 0 || performance.now() >= until || this.ended) return found.map(refer)
      await delay(POLL_MS, undefined, { ref: false })
      // Only the first look gives faults a chance: how many follow depends on the speed of the machine.
      nodes = this.phone.nodes()
    }
  }

  async findOne(using: string, value: string, below?: string): Promise<ElementReference> {
    const [first] = await this.find(using, value, below)
    if (!first) throw new WebDriverError('no such element', `no element for ${using}: ${value}`)
    return first
  }

  /** The node behind a reference. Throws `stale element reference` once its view is gone. */
  element(id: string): Placed {
    return place(id, this.phone.nodes())
  }

  focused(): ElementReference {
    const found = this.phone.nodes().find(({ node }) => node.focused)
    if (!found) throw new WebDriverError('no such element', 'no element has the focus')
    return refer(found)
  }

  click(id: string, held = false): void {
    const { node } = this.element(id)
    if (this.phone.faults.take('STALE_ELEMENT')) throw stale(id)
    const { x, y } = centre(node.box)
    this.phone.touch(x, y, held)
  }

  type(id: string, words: string, append: boolean): void {
    const { node } = this.element(id)
    if (this.phone.faults.take('STALE_ELEMENT')) throw stale(id)
    if (!node.type) throw new WebDriverError('invalid element state', `${className(node)} takes no text`)
    const before = append && node.text !== node.hint ? (node.text ?? '') : ''
    node.type(before + words)
  }
}

/** A reference says which view it means, so that a session of any length has none to keep. */
const refer = (placed: Placed): ElementReference => ({
  [ELEMENT_KEY]: `${placed.key.replaceAll('/', '.')}-${className(placed.node)}`,
})

function place(id: string, nodes: readonly Placed[]): Placed {
  const [, path, cls] = /^(\d+(?:\.\d+)*)-([\w.$]+)$/.exec(id) ?? []
  if (path === undefined) throw new WebDriverError('no such element', `element ${id} is not one of this session`)
  const key = path.replaceAll('.', '/')
  const found = nodes.find((placed) => placed.key === key)
  if (!found || className(found.node) !== cls) throw stale(id)
  return found
}

const stale = (id: string): WebDriverError =>
  new WebDriverError('stale element reference', `element ${id} is no longer attached to the screen; look again`)
