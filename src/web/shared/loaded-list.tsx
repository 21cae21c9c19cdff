import type { ComponentChildren } from 'preact'
import { Loading } from './states.tsx'
import { Pager } from './table.tsx'
import { useFilters } from './use-filters.ts'
import type { Loaded } from './use-load.ts'

interface LoadedPage<Row> {
  readonly data: Row[]
  readonly next_cursor: string | null
}

interface LoadedListProps<Row> {
  readonly loaded: Loaded<LoadedPage<Row>>
  readonly lines?: number | undefined
  /** Shown instead of the rows if there are none. */
  readonly empty: ComponentChildren
  readonly children: (rows: Row[]) => ComponentChildren
}

/** A page of a list once it is loaded, and the way to older entries by `cursor` in the address. */
export function LoadedList<Row>({ loaded, lines, empty, children }: LoadedListProps<Row>) {
  const { values, set } = useFilters()
  return (
    <Loading loaded={loaded} lines={lines}>
      {({ data, next_cursor: next }) => (
        <>
          {data.length > 0 ? children(data) : empty}
          <Pager
            nextCursor={next}
            hasCursor={values.cursor !== undefined}
            onCursor={(cursor) => set({ cursor })}
          />
        </>
      )}
    </Loading>
  )
}
