import { DOMParser, type Element } from '@xmldom/xmldom'
import xpath from 'xpath'
import { className, type Placed } from '../phone/ui.ts'
import { WebDriverError } from './error.ts'
import { pageSource } from './page-source.ts'

/** The strategies of UiAutomator2 that the emulator knows, each with its value. */
export const STRATEGIES = ['xpath', 'id', 'class name', 'accessibility id', '-android uiautomator'] as const

/** Texts may hold what XML 1.1 takes for the end of a line. */
const parser = new DOMParser({ normalizeLineEndings: (source) => source })

/** Nodes that a strategy finds below `context`, in document order. Throws `invalid selector` and `invalid argument`. */
export function find(
  nodes: readonly Placed[],
  appPackage: string,
  using: string,
  value: string,
  context?: Placed,
): Placed[] {
  const below = context ? nodes.filter(({ key }) => key.startsWith(`${context.key}/`)) : nodes
  switch (using) {
    case 'xpath':
      return byXPath(nodes, below, appPackage, value, context)
    case 'id':
      return below.filter(({ node }) => node.id === value || node.id === `${appPackage}:id/${value}`)
    case 'class name':
      return below.filter(({ node }) => className(node) === value)
    case 'accessibility id':
      return below.filter(({ node }) => node.desc === value)
    case '-android uiautomator':
      return byUiSelector(below, value)
    default:
      throw new WebDriverError('invalid argument', `using: "${using}" is none of ${STRATEGIES.join(', ')}`)
  }
}

function byXPath(
  nodes: readonly Placed[],
  below: readonly Placed[],
  appPackage: string,
  value: string,
  context?: Placed,
): Placed[] {
  const document = parser.parseFromString(pageSource(nodes, appPackage, true), 'text/xml')
  try {
    const start = context ? elements(xpath.select(`//*[@node-key="${context.key}"]`, document))[0] : document
    const found = elements(xpath.select(value, start ?? document))
    const keys = new Set(found.map((element) => element.getAttribute('node-key')))
    return below.filter(({ key }) => keys.has(key))
  } catch (error) {
    if (error instanceof WebDriverError) throw error
    throw new WebDriverError(
      'invalid selector',
      `xpath: ${value}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function elements(selected: unknown): Element[] {
  if (!Array.isArray(selected))
    throw new WebDriverError('invalid selector', 'xpath: the expression selects no elements')
  return selected.filter((one): one is Element => typeof one === 'object' && one !== null && 'getAttribute' in one)
}

type Test = (placed: Placed) => boolean

const TEXT_TESTS: Readonly<Record<string, (argument: string) => Test>> = {
  text:
    (wanted) =>
    ({ node }) =>
      (node.text ?? '') === wanted,
  textContains:
    (wanted) =>
    ({ node }) =>
      (node.text ?? '').includes(wanted),
  textStartsWith:
    (wanted) =>
    ({ node }) =>
      (node.text ?? '').startsWith(wanted),
  textMatches:
    (wanted) =>
    ({ node }) =>
      new RegExp(`^(?:${wanted})$`, 'u').test(node.text ?? ''),
  description:
    (wanted) =>
    ({ node }) =>
      (node.desc ?? '') === wanted,
  descriptionContains:
    (wanted) =>
    ({ node }) =>
      (node.desc ?? '').includes(wanted),
  descriptionStartsWith:
    (wanted) =>
    ({ node }) =>
      (node.desc ?? '').startsWith(wanted),
  resourceId:
    (wanted) =>
    ({ node }) =>
      node.id === wanted,
  className:
    (wanted) =>
    ({ node }) =>
      className(node) === wanted,
}
const FLAG_TESTS: Readonly<Record<string, (wanted: boolean) => Test>> = {
  clickable:
    (wanted) =>
    ({ node }) =>
      (node.tap !== undefined) === wanted,
  checked:
    (wanted) =>
    ({ node }) =>
      (node.checked ?? false) === wanted,
  selected:
    (wanted) =>
    ({ node }) =>
      (node.selected ?? false) === wanted,
  enabled:
    (wanted) =>
    ({ node }) =>
      (node.enabled ?? true) === wanted,
  scrollable:
    (wanted) =>
    ({ node }) =>
      (node.scroll !== undefined) === wanted,
}

/** `new UiSelector().text("..").className("..").instance(n)`: the calls that matter here. */
function byUiSelector(nodes: readonly Placed[], value: string): Placed[] {
  const bad = (why: string): WebDriverError =>
    new WebDriverError('invalid selector', `-android uiautomator: ${why}: ${value}`)
  const head = /^\s*new UiSelector\(\)/.exec(value)
  if (!head) throw bad('only "new UiSelector()" with its calls is known')
  let rest = value.slice(head[0].length)
  let found = [...nodes]
  while (rest.trim() !== '' && rest.trim() !== ';') {
    const call = /^\s*\.(\w+)\(\s*(?:"((?:[^"\\]|\\.)*)"|(true|false)|(\d+))\s*\)/.exec(rest)
    if (!call) throw bad(`cannot read "${rest.slice(0, 60)}"`)
    const [whole, name = '', quoted, flag, number] = call
    const test =
      quoted === undefined
        ? flag === undefined
          ? undefined
          : FLAG_TESTS[name]?.(flag === 'true')
        : TEXT_TESTS[name]?.(quoted.replaceAll(/\\(.)/g, '$1'))
    if (test) found = found.filter(test)
    else if (name === 'instance' && number !== undefined) found = found.slice(Number(number), Number(number) + 1)
    else throw bad(`${name} is not known`)
    rest = rest.slice(whole.length)
  }
  return found
}
