import '../shared/style.css'
import { render } from 'preact'

render(<h1>Licet</h1>, document.body)
