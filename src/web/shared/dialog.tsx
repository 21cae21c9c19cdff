import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { Icon } from './icons.tsx'

interface DialogProps {
  readonly title: string
  /** Called when it is to close: by Esc, the button, or a click beside it. */
  readonly onClose: () => void
  readonly isWide?: boolean
  /** The name of the button that closes it. */
  readonly close?: string
  readonly class?: string
  readonly children: ComponentChildren
}

/** A dialog over the page. Render it only while it is open: focus then returns to where it was. */
export function Dialog({
  title,
  onClose,
  isWide = false,
  close = 'Close',
  class: name = '',
  children,
}: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()

  useEffect(() => {
    const before = document.activeElement
    element.current?.showModal()
    return () => {
      element.current?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])

  return (
    <dialog
      ref={element}
      class={`${isWide ? 'wide' : ''} ${name}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        if (event.target !== element.current) return
        event.preventDefault()
        onClose()
      }}
      onMouseDown={(event) => {
        if (event.target === element.current) onClose()
      }}
    >
      <div class="inside">
        <div class="dialog-title">
          <h2 id={titleId}>{title}</h2>
          <button type="button" class="quiet tight" aria-label={close} onClick={onClose}>
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
