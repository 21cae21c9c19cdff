import { PORTAL_CODE_MINUTES } from './portal-codes.ts'

/** The languages of emails with a code, the default first. */
export const codeLanguages = ['en', 'de', 'fr', 'es', 'ja'] as const
export type CodeLanguage = (typeof codeLanguages)[number]

interface CodeTexts {
  readonly subject: (code: string, brand: string | null) => string
  readonly intro: string
  /** Says for how long and where the code works. */
  readonly limits: string
  /** Precedes a link. */
  readonly link: string
  readonly ignore: string
}

const minutes = PORTAL_CODE_MINUTES

const texts: Readonly<Record<CodeLanguage, CodeTexts>> = {
  en: {
    subject: (code, brand) => `${code} is your code${brand === null ? '' : ` for ${brand}`}`,
    intro: 'This code signs you in to see your licenses:',
    limits: `It works for ${minutes} minutes, in the browser in which you requested it.`,
    link: 'To fill it in there, open this link in the same browser:',
    ignore: 'If you did not request it, ignore this email. Never give the code to anyone.',
  },
  de: {
    subject: (code, brand) => `${code} ist Ihr Code${brand === null ? '' : ` für ${brand}`}`,
    intro: 'Mit diesem Code melden Sie sich an, um Ihre Lizenzen zu sehen:',
    limits: `Er gilt ${minutes} Minuten lang, in dem Browser, in dem Sie ihn angefordert haben.`,
    link: 'Um ihn dort einzutragen, öffnen Sie diesen Link im selben Browser:',
    ignore:
      'Falls Sie ihn nicht angefordert haben, ignorieren Sie diese Nachricht. Geben Sie den Code an niemanden weiter.',
  },
  fr: {
    subject: (code, brand) => `${code} est votre code${brand === null ? '' : ` pour ${brand}`}`,
    intro: 'Ce code vous permet de vous connecter pour voir vos licences :',
    limits: `Il est valable ${minutes} minutes, dans le navigateur où vous l’avez demandé.`,
    link: 'Pour le remplir automatiquement, ouvrez ce lien dans le même navigateur :',
    ignore:
      'Si vous ne l’avez pas demandé, ignorez ce message. Ne communiquez jamais ce code à personne.',
  },
  es: {
    subject: (code, brand) => `${code} es su código${brand === null ? '' : ` de ${brand}`}`,
    intro: 'Con este código puede iniciar sesión para ver sus licencias:',
    limits: `Es válido durante ${minutes} minutos, en el navegador en el que lo solicitó.`,
    link: 'Para rellenarlo allí, abra este enlace en el mismo navegador:',
    ignore: 'Si no lo ha solicitado, ignore este correo. No facilite nunca este código a nadie.',
  },
  ja: {
    subject: (code, brand) => `${brand === null ? '' : `${brand}の`}確認コード：${code}`,
    intro: '次のコードでログインすると、ライセンスを確認できます。',
    limits: `コードの有効期限は${minutes}分です。コードを要求したブラウザでのみ使用できます。`,
    link: '同じブラウザで次のリンクを開くと、コードが自動的に入力されます。',
    ignore:
      'お心当たりのない場合は、このメールを無視してください。コードを他の人に教えないでください。',
  },
}

/** Returns an email with a code, in the first of the accepted languages that there is. */
export function buildCodeMail(mail: {
  readonly code: string
  readonly brand: string | null
  /** Opens the portal with the code filled in; null without a public URL. */
  readonly link: string | null
  /** The value of Accept-Language. */
  readonly languages: string | null
}): { readonly subject: string; readonly text: string } {
  const { code, brand, link, languages } = mail
  const { subject, intro, limits, link: linkIntro, ignore } = texts[pickLanguage(languages)]
  const paragraphs = [
    intro,
    `    ${code}`,
    limits,
    ...(link === null ? [] : [`${linkIntro}\n${link}`]),
    ignore,
    ...(brand === null ? [] : [brand]),
  ]
  return { subject: subject(code, brand), text: `${paragraphs.join('\n\n')}\n` }
}

/** Returns the language that Accept-Language prefers (RFC 9110, §12.5.4); English by default. */
export function pickLanguage(acceptLanguage: string | null): CodeLanguage {
  const ranges = (acceptLanguage ?? '').toLowerCase().split(',').map(parseRange)
  const accepted = ranges
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
  for (const { language } of accepted) {
    const found = codeLanguages.find((each) => each === language)
    if (found !== undefined) return found
  }
  return 'en'
}

function parseRange(range: string) {
  const [tag = '', ...parameters] = range.split(';').map((part) => part.trim())
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const weight = quality === undefined ? 1 : Number(quality)
  return { language: tag.split('-')[0] ?? '', weight: Number.isNaN(weight) ? 0 : weight }
}
