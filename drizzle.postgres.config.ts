import { defineConfig } from 'drizzle-kit'

// biome-ignore lint/style/noDefaultExport: drizzle-kit reads the default export.
export default defineConfig({
  dialect: 'postgresql',
  schema: [
    './src/store/postgres/schema.ts',
    './src/store/postgres/checkout-schema.ts',
    './src/store/postgres/edge-schema.ts',
    './src/store/postgres/session-schema.ts',
    './src/store/postgres/node-schema.ts',
    './src/store/postgres/portal-schema.ts',
  ],
  out: './drizzle/postgres',
})
