// What people do on the pages, with fingers: each of these ends on the page that comes next.

import { sentCode, totp } from './latchkey.mjs'

/** Waits for the page that begins with this. */
export const sees = (page, heading) => page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor()

export const press = (page, name) => page.getByRole('button', { name, exact: true }).click()

/** Fills in the form that the code leads to. */
export async function enterPassword(page, { email, password }) {
  await page.getByRole('radio', { name: 'Customer' }).check()
  await page.getByLabel('E-mail, phone number or sign-in name').fill(email)
  await page.getByLabel('Password').fill(password)
  await press(page, 'Sign in')
}

export async function enterTotp(page, one) {
  await page.getByLabel('Code from your authenticator app').fill(await totp(one))
  await press(page, 'Go on')
}

/** Asks for a code by text message and types it. */
export async function enterSentCode(page, { phone_number }, between = () => {}) {
  await press(page, 'Send me a code by text message')
  await between()
  await page.getByLabel('Code from the message').fill(await sentCode(phone_number))
  await press(page, 'Go on')
}
