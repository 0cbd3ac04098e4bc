import type { Handset, ScreenFactory } from '../phone/handset.ts'
import { Chat } from './chat.ts'
import { Composer, VisibilityChoice } from './composer.ts'
import { Gallery } from './gallery.ts'
import { GroupInfo, GroupList, GroupMembers, GroupName } from './groups.ts'
import { Home } from './home.ts'
import { MomentDetail, PersonMoments, Timeline } from './moments.ts'
import { newGroup } from './new-group.ts'
import { About, ContactInfo, Profile, Settings } from './people.ts'
import { ChatRecords, Search } from './search.ts'
import { SelectContacts } from './select-contacts.ts'

/** All screens of the app on one phone. */
export const screensOf = (phone: Handset): ScreenFactory => ({
  home: () => new Home(phone),
  search: () => new Search(phone),
  chat: (id) => new Chat(phone, id),
  chatRecords: (name) => new ChatRecords(phone, name),
  gallery: (purpose, onDone) => new Gallery(phone, purpose, onDone),
  contactInfo: (id) => new ContactInfo(phone, id),
  profile: (id) => new Profile(phone, id),
  groupList: () => new GroupList(phone),
  groupInfo: (id) => new GroupInfo(phone, id),
  groupMembers: (id) => new GroupMembers(phone, id),
  timeline: () => new Timeline(phone),
  composer: (pictures) => new Composer(phone, pictures),
  visibility: (current, onDone) => new VisibilityChoice(phone, current, onDone),
  selectContacts: (onDone) =>
    new SelectContacts(phone, {
      title: '选择联系人',
      label: '完成',
      onDone: (ids) => {
        phone.close()
        onDone(ids)
      },
    }),
  newGroup: () => newGroup(phone),
  groupName: (id) => new GroupName(phone, id),
  personMoments: (id) => new PersonMoments(phone, id),
  momentDetail: (id) => new MomentDetail(phone, id),
  settings: () => new Settings(phone),
  about: () => new About(phone),
})
