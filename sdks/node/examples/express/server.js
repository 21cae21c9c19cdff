import express from 'express'
import { licet, requireFeature } from './license.js'

const app = express()

app.get('/', (_request, response) => {
  response.json({ hello: 'everyone' })
})

app.get('/reports', requireFeature('reports'), (_request, response) => {
  response.json({ reports: [] })
})

// The state says why, so that you can show it to the administrator.
app.get('/license', async (_request, response) => {
  response.json(await licet.check())
})

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`http://localhost:${server.address().port}`)
})
