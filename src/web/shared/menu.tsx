import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

interface MenuProps {
  /** The content of the button. */
  readonly label: ComponentChildren
  /** The name of the button for screen readers, if its label is a drawing. */
  readonly name?: string
  readonly class?: string
  readonly children: ComponentChildren
}

const MARGIN_PX = 8

/** A button that opens a small box below it, with links, buttons or check boxes. */
export function Menu({ label, name, class: kind = 'plain tight', children }: MenuProps) {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const list = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const hide = (event: Event) => {
      const isChoice = event.target instanceof Element && event.target.closest('a, button')
      if (isChoice) list.current?.hidePopover()
    }
    list.current?.addEventListener('click', hide)
    return () => list.current?.removeEventListener('click', hide)
  }, [])

  return (
    <div class="menu">
      <button
        ref={button}
        type="button"
        class={kind}
        popovertarget={id}
        aria-label={name}
        title={name}
      >
        {label}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        class="menu-list"
        onToggle={() => place(button.current, list.current)}
      >
        {children}
      </div>
    </div>
  )
}

/** Moves the box below the button, or above it, so that all of it is in the window. */
function place(button: HTMLElement | null, list: HTMLElement | null): void {
  if (button === null || !list?.matches(':popover-open')) return
  const { left, top, bottom } = button.getBoundingClientRect()
  const { offsetWidth: width, offsetHeight: height } = list
  const isBelow = bottom + height + MARGIN_PX <= innerHeight || top < height
  // In CSS, so that it stays in the window when its width changes.
  list.style.left = `max(${MARGIN_PX}px, min(${left}px, 100vw - ${width + MARGIN_PX}px))`
  list.style.top = `${isBelow ? bottom : top - height - MARGIN_PX}px`
}
