/** Reads each block of a page that follows `Save this as …`, by the name of its file. */
export function readUnits(page: string): ReadonlyMap<string, string> {
  const blocks = page.matchAll(
    /Save this as `\/etc\/systemd\/system\/([\w.-]+)`[\s\S]*?```ini\n([\s\S]*?)^```$/gm,
  )
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]))
}
