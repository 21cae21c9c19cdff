import { CountryTable } from '../../shared/country-table.tsx'
import { WorldMap } from '../../shared/world-map.tsx'

interface CountriesProps {
  readonly countries: Readonly<Record<string, number>>
  readonly unknown: number
}

/** The validations by country: a map, and a table for those who do not see it. */
export function Countries({ countries, unknown }: CountriesProps) {
  return (
    <div class="map-and-table">
      <WorldMap countries={countries} unknown={unknown} />
      <div>
        <CountryTable countries={countries} unknown={unknown} />
      </div>
    </div>
  )
}
