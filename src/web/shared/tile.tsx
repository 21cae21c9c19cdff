import type { ComponentChildren } from 'preact'

interface TileProps {
  readonly label: string
  readonly value: ComponentChildren
  readonly note?: ComponentChildren
  /** Where the figure is explained. */
  readonly href?: string
}

/** A figure at a glance. With `href`, all of it is a link. */
export function Tile({ label, value, note, href }: TileProps) {
  return (
    <div class="tile">
      <div class="label">{href === undefined ? label : <a href={href}>{label}</a>}</div>
      <div class="value">{value}</div>
      {note !== undefined && <div class="small muted">{note}</div>}
    </div>
  )
}
