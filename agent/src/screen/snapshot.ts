import { DOMParser, onErrorStopParsing, type Element } from '@xmldom/xmldom'
import type { Box } from '../driver/ui-driver.ts'

/** A node of the page source. Empty strings are what the app does not say. */
export interface UiElement {
  /** Without `android.widget.`. */
  readonly cls: string
  readonly text: string
  readonly desc: string
  readonly id: string
  readonly hint: string
  readonly box: Box
  readonly checked: boolean
  readonly enabled: boolean
  readonly selected: boolean
  readonly children: readonly UiElement[]
  /** Finds this element, as it was seen, again. */
  readonly xpath: string
}

/** A source that is cut off must not pass for a short one; a text is read as it stands, whatever ends its lines. */
const parser = new DOMParser({ onError: onErrorStopParsing, normalizeLineEndings: (source) => source })

/** What one look at the screen showed. */
export class Snapshot {
  readonly source: string
  /** The app in front; empty when the tree does not say. */
  readonly appPackage: string
  /** In document order. */
  readonly elements: readonly UiElement[]

  private constructor(source: string, appPackage: string, elements: readonly UiElement[]) {
    this.source = source
    this.appPackage = appPackage
    this.elements = elements
  }

  /** Reads a page source. Throws when it is no XML. */
  static parse(source: string): Snapshot {
    const elements: UiElement[] = []
    const root = parser.parseFromString(source, 'text/xml').documentElement
    let appPackage = ''
    for (const child of childElements(root)) {
      appPackage ||= child.getAttribute('package') ?? ''
      read(child, elements)
    }
    return new Snapshot(source, appPackage, elements)
  }

  find(test: (element: UiElement) => boolean): UiElement | undefined {
    return this.elements.find(test)
  }

  all(test: (element: UiElement) => boolean): UiElement[] {
    return this.elements.filter(test)
  }

  /** A text that the app itself writes, by its exact words and class. */
  text(words: string, cls = 'TextView'): UiElement | undefined {
    return this.find((element) => element.text === words && element.cls === cls)
  }

  /** A control that is named only for screen readers. */
  image(desc: string): UiElement | undefined {
    return this.find((element) => element.desc === desc && element.cls === 'ImageView')
  }

  button(label: string): UiElement | undefined {
    return this.text(label, 'Button')
  }

  get input(): UiElement | undefined {
    return this.find((element) => element.cls === 'EditText')
  }

  get list(): UiElement | undefined {
    return this.find((element) => element.cls === 'ListView' || element.cls === 'GridView')
  }
}

function read(element: Element, into: UiElement[]): UiElement {
  const attribute = (name: string): string => element.getAttribute(name) ?? ''
  const flag = (name: string): boolean => attribute(name) === 'true'
  const children: UiElement[] = []
  const made: UiElement = {
    cls: element.tagName.replace('android.widget.', ''),
    text: attribute('text'),
    desc: attribute('content-desc'),
    id: attribute('resource-id'),
    hint: attribute('hint'),
    box: boxOf(attribute('bounds')),
    checked: flag('checked'),
    enabled: flag('enabled'),
    selected: flag('selected'),
    children,
    xpath: xpathOf(element),
  }
  into.push(made)
  for (const child of childElements(element)) children.push(read(child, into))
  return made
}

function* childElements(element: Element | null): Generator<Element> {
  for (let node = element?.firstChild ?? null; node; node = node.nextSibling) {
    if (node.nodeType === 1) yield node as Element
  }
}

function boxOf(bounds: string): Box {
  const [left = 0, top = 0, right = 0, bottom = 0] = [...bounds.matchAll(/-?\d+/g)].map(Number)
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/**
 * What it says belongs to its name, so that a row that moved under the finger is not taken for another. What an input
 * holds does not: it is there to be replaced.
 */
function xpathOf(element: Element): string {
  const tests = (element.tagName.endsWith('EditText') ? ['bounds'] : ['bounds', 'text', 'content-desc'])
    .filter((name) => element.hasAttribute(name))
    .map((name) => `@${name}=${quoted(element.getAttribute(name) ?? '')}`)
  return `//${element.tagName}[${tests.join(' and ')}]`
}

/** XPath 1.0 has no escapes: a text with both kinds of quotes is put together from pieces. */
export function quoted(text: string): string {
  if (!text.includes('"')) return `"${text}"`
  if (!text.includes("'")) return `'${text}'`
  const pieces = text.split('"').map((piece) => `"${piece}"`)
  return `concat(${pieces.join(`, '"', `)})`
}

/** All elements below one. */
export function below(element: UiElement): UiElement[] {
  return element.children.flatMap((child) => [child, ...below(child)])
}
