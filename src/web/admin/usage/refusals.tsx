import { BarList } from '../../shared/bar-list.tsx'
import { toWords } from '../../shared/words.ts'

/** Why validations were refused: the error codes in words, which apps get as codes. */
export function Refusals({ errors }: { errors: Readonly<Record<string, number>> }) {
  const bars = Object.entries(errors).map(([code, count]) => ({
    name: code,
    count,
    label: <span title={code}>{toWords(code)}</span>,
  }))
  return <BarList bars={bars} empty="No validation was refused." />
}
