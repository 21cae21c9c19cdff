/** The domain's name of a wire field: `maxDomains` for `max_domains`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

export function toCamelCase<Name extends string>(name: Name): CamelCase<Name> {
  const renamed = name.replaceAll(/_(\w)/g, (_all, letter: string) => letter.toUpperCase())
  return renamed as CamelCase<Name>
}

/** Returns fields of a request under their names in the domain, with the same values. */
export function parseFields<Body extends object>(body: Body) {
  const entries = Object.entries(body).map(([name, value]) => [toCamelCase(name), value])
  return Object.fromEntries(entries) as {
    [Name in keyof Body as CamelCase<Name & string>]: Body[Name]
  }
}

/** Returns the fields `names` of a response, with the values that they have in the domain. */
export function presentFields<
  Name extends string,
  Source extends Readonly<Record<CamelCase<Name>, unknown>>,
>(source: Source, names: readonly Name[]) {
  return Object.fromEntries(names.map((name) => [name, source[toCamelCase(name)]])) as {
    [Wire in Name]: Source[CamelCase<Wire>]
  }
}
