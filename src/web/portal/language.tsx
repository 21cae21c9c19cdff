import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { de } from './texts/de.ts'
import { en, type Texts } from './texts/en.ts'
import { es } from './texts/es.ts'
import { fr } from './texts/fr.ts'
import { ja } from './texts/ja.ts'

const languages = { en, de, fr, es, ja } as const
type Language = keyof typeof languages

/** The languages by their own names. */
const names: readonly (readonly [Language, string])[] = [
  ['en', 'English'],
  ['de', 'Deutsch'],
  ['fr', 'Français'],
  ['es', 'Español'],
  ['ja', '日本語'],
]

const STORED_AS = 'licet-language'

const isLanguage = (text: string): text is Language => text in languages

/** Returns the language that the visitor has chosen, or the first one of the browser that we speak. */
function findLanguage(): Language {
  const wanted = [readChoice(), ...navigator.languages]
  for (const tag of wanted) {
    const language = tag?.split('-')[0]?.toLowerCase() ?? ''
    if (isLanguage(language)) return language
  }
  return 'en'
}

/** Storage is denied in some browsers. */
function readChoice(): string | null {
  try {
    return localStorage.getItem(STORED_AS)
  } catch {
    return null
  }
}

function storeChoice(language: Language): void {
  try {
    localStorage.setItem(STORED_AS, language)
  } catch {
    // The choice then holds until the page is closed.
  }
}

interface LanguageValue {
  readonly language: Language
  readonly texts: Texts
  readonly choose: (language: Language) => void
}

const LanguageContext = createContext<LanguageValue | null>(null)

/** Chooses the language of the portal. */
export function LanguageProvider({ children }: { children: ComponentChildren }) {
  const [language, setLanguage] = useState(findLanguage)
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const choose = (chosen: Language) => {
    storeChoice(chosen)
    setLanguage(chosen)
  }
  return (
    <LanguageContext.Provider value={{ language, texts: languages[language], choose }}>
      {children}
    </LanguageContext.Provider>
  )
}

function useLanguage(): LanguageValue {
  const value = useContext(LanguageContext)
  if (value === null) throw new Error('This component belongs inside of LanguageProvider.')
  return value
}

/** Returns the texts in the visitor's language. */
export function useTexts(): Texts {
  return useLanguage().texts
}

/** Returns functions that format days, distances from now and numbers in the visitor's language. */
export function useFormats() {
  const { language } = useLanguage()
  const format = (timestamp: string, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language, options).format(new Date(timestamp))
  return {
    day: (timestamp: string) => format(timestamp, { dateStyle: 'long' }),
    time: (timestamp: string) => format(timestamp, { dateStyle: 'long', timeStyle: 'short' }),
    number: (value: number) => new Intl.NumberFormat(language).format(value),
    distance: (timestamp: string) => formatDaysAgo(language, timestamp),
  }
}

const DAY_MS = 86_400_000

function formatDaysAgo(language: Language, timestamp: string): string {
  const days = Math.round((Date.parse(timestamp) - Date.now()) / DAY_MS)
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  return Math.abs(days) < 60
    ? format.format(days, 'day')
    : format.format(Math.round(days / 30), 'month')
}

/** The choice of the language, in the names that the languages have themselves. */
export function LanguageChoice() {
  const { language, texts, choose } = useLanguage()
  return (
    <select
      class="language"
      aria-label={texts.language}
      value={language}
      onInput={({ currentTarget: { value } }) => {
        if (isLanguage(value)) choose(value)
      }}
    >
      {names.map(([code, name]) => (
        <option key={code} value={code} lang={code} selected={code === language}>
          {name}
        </option>
      ))}
    </select>
  )
}
