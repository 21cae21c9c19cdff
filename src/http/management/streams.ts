import type { Deps } from '~/deps.ts'

const encoder = new TextEncoder()

/**
 * Streams strings as fast as the client reads them. A failure breaks the connection, so that the
 * client does not mistake a part for the whole.
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
        log.error({ err: error }, 'download aborted')
        controller.error(error)
      }
    },
    async cancel() {
      await texts.return(undefined)
    },
  })
}
