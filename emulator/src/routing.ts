/** What a call found: its handler with the placeholders of the path in order, or the methods the path does have. */
export type Found<Handler> =
  | { readonly handler: Handler; readonly names: readonly string[] }
  | { readonly methods: readonly string[] }

/** Handlers by `METHOD /path/:`, where `:` stands for one name. */
export class Routes<Handler> {
  readonly #routes: readonly { readonly method: string; readonly parts: readonly string[]; readonly handler: Handler }[]

  constructor(table: Readonly<Record<string, Handler>>) {
    this.#routes = Object.entries(table).map(([route, handler]) => {
      const [method = '', path = ''] = route.split(' ')
      return { method, parts: path.split('/').filter((part) => part !== ''), handler }
    })
  }

  /** Looks a path up. Without any method it is not known at all. */
  find(method: string, path: readonly string[]): Found<Handler> {
    const fitting = this.#routes.filter(
      ({ parts }) => parts.length === path.length && parts.every((part, index) => part === ':' || part === path[index]),
    )
    const route = fitting.find((one) => one.method === method)
    if (!route) return { methods: fitting.map((one) => one.method) }
    return { handler: route.handler, names: path.filter((_, index) => route.parts[index] === ':') }
  }
}

/** The names in a path; undefined when it holds an escape that stands for no character. */
export function partsOf(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
  } catch {
    return undefined
  }
}
