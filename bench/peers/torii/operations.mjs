// torii: e-mail and password, the session by its cookie. It has no refresh: a session ends 30 days after its sign-in.

import { cookieHeader, cookies, send } from '../http.mjs'
import { PASSWORD } from '../password.mjs'

export const operations = {
  prepare: async (url, email) => ({ email }),
  'sign-up': (url, { email }) =>
    send('POST', `${url}/auth/register`, { body: { email, password: PASSWORD }, statuses: [201] }),
  'sign-in': async (url, { email }) =>
    cookieHeader(cookies(await send('POST', `${url}/auth/login`, { body: { email, password: PASSWORD } }))),
  'session check': (url, session) => send('GET', `${url}/auth/session`, { headers: session }),
}
