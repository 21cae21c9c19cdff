import type { Deps } from '~/deps.ts'

const encoder = new TextEncoder()

/**
 * Streams strings as fast as the client reads them. Rejects if the first one fails. A later failure
 * breaks the connection, so that the client does not mistake a part for the whole.
 */
export async function streamTexts(
  texts: AsyncGenerator<string, void>,
  log: Pick<Deps['log'], 'error'>,
): Promise<ReadableStream<Uint8Array>> {
  let first: IteratorResult<string, void> | null = await texts.next()
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = first ?? (await texts.next())
        first = null
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
