import type { Contact } from './model.ts'

/** The app's own chat, in which an account leaves files and notes for itself. */
export const FILE_TRANSFER: Contact = { id: 'filehelper', nickname: '文件传输助手' }

/** An account's contacts. The file-transfer chat is in no list of them, and can be opened and written to like any. */
export class AddressBook extends Map<string, Contact> {
  override get(id: string): Contact | undefined {
    return id === FILE_TRANSFER.id ? FILE_TRANSFER : super.get(id)
  }

  override has(id: string): boolean {
    return id === FILE_TRANSFER.id || super.has(id)
  }
}
