import type { CustomerRow } from '../../infra/database/tables/customers.ts'

type Person = Pick<CustomerRow, 'wechatId' | 'nickname' | 'remark'>

/**
 * Finds the customer a contact is: by WeChat id where the phone shows it, else by remark, else by nickname. A customer
 * with another known WeChat id never matches, whatever its name; a name that fits several fits none.
 */
export class CustomerIndex<C extends Person> {
  readonly #byWechatId = new Map<string, C>()
  readonly #byRemark = new Map<string, C[]>()
  readonly #byNickname = new Map<string, C[]>()

  constructor(customers: Iterable<C>) {
    for (const customer of customers) this.add(customer)
  }

  add(customer: C): void {
    if (customer.wechatId) this.#byWechatId.set(customer.wechatId, customer)
    const [names, name] = customer.remark
      ? ([this.#byRemark, customer.remark] as const)
      : ([this.#byNickname, customer.nickname] as const)
    const same = names.get(name)
    if (same) same.push(customer)
    else names.set(name, [customer])
  }

  /** @param free whether a customer may still be matched by its name */
  find(contact: Person, free: (customer: C) => boolean = () => true): C | undefined {
    const known = contact.wechatId ? this.#byWechatId.get(contact.wechatId) : undefined
    if (known) return known
    const called = contact.remark ? this.#byRemark.get(contact.remark) : this.#byNickname.get(contact.nickname)
    const same = (called ?? []).filter((customer) => (!contact.wechatId || !customer.wechatId) && free(customer))
    return same.length === 1 ? same[0] : undefined
  }
}
