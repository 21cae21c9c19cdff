import { useEffect, useState } from 'preact/hooks'
import { encode } from 'uqr'
import { useTexts } from './language.tsx'

/** The most bytes that a QR code of this kind can hold. */
const QR_BYTES_MAX = 2_300

/** A license file to save. With `isForCamera`, also as a QR code if it is short enough. */
export function FileDownload({
  file,
  isForCamera = false,
}: {
  file: string
  isForCamera?: boolean
}) {
  const texts = useTexts()
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    const created = URL.createObjectURL(new Blob([file], { type: 'text/plain' }))
    setUrl(created)
    return () => URL.revokeObjectURL(created)
  }, [file])
  return (
    <>
      {url !== null && (
        <a class="button" href={url} download="license.txt">
          {texts.license.saveFile}
        </a>
      )}
      {isForCamera && file.length <= QR_BYTES_MAX && (
        <QrCode text={file} label={texts.offline.qr} />
      )}
    </>
  )
}

/** A QR code: black on white in both themes, because that is what cameras read best. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'L', border: 4 })
  const path = data
    .flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join('')
  return (
    <details>
      <summary>{label}</summary>
      <svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`}>
        <rect width={size} height={size} fill="#fff" />
        <path d={path} fill="#000" shape-rendering="crispEdges" />
      </svg>
    </details>
  )
}
