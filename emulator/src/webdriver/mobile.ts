import { z } from 'zod'
import { APP } from '../phone/phone.ts'
import { SCREEN } from '../phone/ui.ts'
import { WebDriverError } from './error.ts'
import { parse, pressAt, scrollBy } from './gestures.ts'
import type { Session } from './session.ts'

const KEYCODE_BACK = 4
const AppId = z.looseObject({ appId: z.string().optional(), bundleId: z.string().optional() })
const PushFile = z.looseObject({ remotePath: z.string(), payload: z.base64() })
const GALLERY = '/sdcard/Pictures/'

type Extension = (session: Session, argument: unknown) => unknown

/** The `mobile:` extensions of UiAutomator2 that agents use. */
const EXTENSIONS: Readonly<Record<string, Extension>> = {
  'mobile: pressKey': (session, argument) => {
    const { keycode } = parse(z.looseObject({ keycode: z.int() }), argument)
    if (keycode === KEYCODE_BACK) session.phone.back()
    else throw new WebDriverError('invalid argument', `keycode: ${keycode} does nothing here`)
    return null
  },
  'mobile: clickGesture': (session, argument) => {
    pressAt(session, argument, false)
    return null
  },
  'mobile: longClickGesture': (session, argument) => {
    pressAt(session, argument, true)
    return null
  },
  'mobile: scrollGesture': (session, argument) => scrollBy(session, argument, false),
  'mobile: swipeGesture': (session, argument) => scrollBy(session, argument, true),
  'mobile: hideKeyboard': (session) => {
    const shown = session.phone.keyboardShown
    session.phone.hideKeyboard()
    return shown
  },
  'mobile: isKeyboardShown': (session) => session.phone.keyboardShown,
  'mobile: getCurrentPackage': (session) => session.phone.appPackage,
  'mobile: getCurrentActivity': (session) => session.phone.activity.replace(`${APP}.`, '.'),
  'mobile: activateApp': (session, argument) => {
    requireApp(argument)
    session.phone.activate()
    return null
  },
  'mobile: terminateApp': (session, argument) => {
    requireApp(argument)
    session.phone.terminate()
    return true
  },
  'mobile: queryAppState': (session, argument) => {
    requireApp(argument)
    return session.phone.appPackage === APP ? 4 : 1
  },
  'mobile: deviceInfo': (session) => ({
    androidId: session.phone.id,
    manufacturer: 'Muster',
    model: 'Emulated phone',
    apiVersion: '33',
    platformVersion: '13',
    realDisplaySize: `${SCREEN.width}x${SCREEN.height}`,
  }),
  'mobile: pushFile': (session, argument) => {
    const { remotePath, payload } = parse(PushFile, argument)
    pushFile(session, remotePath, payload)
    return null
  },
}

/** `POST /session/{id}/execute/sync`. */
export function execute(session: Session, script: string, argument: unknown): unknown {
  const extension = Object.hasOwn(EXTENSIONS, script) ? EXTENSIONS[script] : undefined
  if (extension) return extension(session, argument ?? {})
  throw new WebDriverError('unknown command', `${script} is not known; known are ${Object.keys(EXTENSIONS).join(', ')}`)
}

/** Puts a file on the phone; a picture under Pictures shows up in the gallery as its newest. */
export function pushFile(session: Session, path: string, base64: string): void {
  if (!path.startsWith(GALLERY) || path.includes('..')) {
    throw new WebDriverError('invalid argument', `path: only files below ${GALLERY} can be written`)
  }
  const { phone } = session
  // A gallery holds one picture per path, whatever was pushed there before.
  if (!phone.account.gallery.some((file) => file.path === path)) {
    phone.world.addFile(phone.account, path, Buffer.from(base64, 'base64'))
  }
}

function requireApp(argument: unknown): void {
  const { appId, bundleId } = parse(AppId, argument)
  const wanted = appId ?? bundleId
  if (wanted !== APP) throw new WebDriverError('invalid argument', `appId: ${wanted} is not installed`)
}
