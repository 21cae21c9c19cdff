// These functions run in the page, so they can use nothing outside of themselves.

/** Whether the page shows its content, and waits for nothing. */
export function isSettled(): boolean {
  const isBusy = document.querySelector('[aria-busy="true"]') !== null
  return document.querySelector('h1') !== null && !isBusy
}

/** Resolves once the page has been painted again. */
export function waitForPaint(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()))
  })
}

/** Returns what is missing so that the title and one heading name the page. */
export function findNamingFlaws(): string[] {
  const headings = [...document.querySelectorAll('h1')].filter((each) => each.checkVisibility())
  const flaws: string[] = []
  if (document.title.trim() === '') flaws.push('The page has no title.')
  if (headings.length !== 1) flaws.push(`The page has ${headings.length} visible h1, not one.`)
  if (headings.some((each) => each.textContent.trim() === '')) flaws.push('The h1 is empty.')
  return flaws
}

/** Returns what does not fit the width of the window, and license keys that break into lines. */
export function findLayoutFlaws(): string[] {
  const describe = (element: Element) => {
    const text = (element.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 60)
    return `<${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}">${text}`
  }
  const isWide = (element: Element) =>
    element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1

  function findOverflow(): string[] {
    const { scrollWidth } = document.documentElement
    if (scrollWidth <= innerWidth) return []
    const wide = [...document.body.querySelectorAll('*')].filter(isWide).slice(0, 4)
    return [`The page is ${scrollWidth} px wide: ${wide.map(describe).join(', ')}`]
  }

  function findHiddenActions(): string[] {
    const actions = document.querySelectorAll('main :is(a[href], button, input, select, textarea)')
    const isCut = (element: Element | null): boolean =>
      element !== null &&
      ((getComputedStyle(element).overflowX === 'hidden' && !isWide(element)) ||
        isCut(element.parentElement))
    const hidden = [...actions].filter((each) => isWide(each) && !isCut(each))
    return hidden.map((each) => `This is out of view: ${describe(each)}`)
  }

  function findBrokenKeys(): string[] {
    const broken: string[] = []
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      if (!/^\s*[A-Z0-9]{2,8}(?:-[0-9A-Z*•]{4}){2,}\s*$/.test(text.nodeValue ?? '')) continue
      const range = document.createRange()
      range.selectNodeContents(text)
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)))
      if (lines.size > 1) broken.push(`The key ${text.nodeValue} has ${lines.size} lines.`)
    }
    return broken
  }

  return [...findOverflow(), ...findHiddenActions(), ...findBrokenKeys()]
}
