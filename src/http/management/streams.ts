import type { Deps } from '~/deps.ts'

const encoder = new TextEncoder()

/**
 * A body made piece by piece, each when the reader has room for it. A failure cuts it off, so that
 * nobody takes a part for the whole.
 */
export function streamTexts(
  texts: AsyncGenerator<string>,
  log: Pick<Deps['log'], 'error'>,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await texts.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      } catch (error) {
        log.error({ err: error }, 'a download was cut off')
        controller.error(error)
      }
    },
    async cancel() {
      await texts.return(undefined)
    },
  })
}
