/** The box in which people look for anything: keys, customers, domains, orders. */
export function SearchBox() {
  return null
}
