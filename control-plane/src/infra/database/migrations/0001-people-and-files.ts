import { DataTypes } from 'sequelize'
import { flag, id, key, required, type NewTables } from './schema.ts'

const { BIGINT, INTEGER, JSON: JSON_TEXT, STRING, TEXT } = DataTypes

/** Accounts, the people and groups they know, what is sent to them, and who works here. */
export const PEOPLE_AND_FILES: NewTables = {
  users: {
    columns: {
      id,
      username: required(STRING(64)),
      password_hash: required(STRING(255)),
      role: required(STRING(16)),
      disabled: flag,
    },
    unique: [['username']],
  },
  refresh_tokens: {
    columns: {
      id,
      user_id: required(INTEGER),
      family_id: required(STRING(40)),
      token_hash: required(STRING(64)),
      expires_at: required(BIGINT),
      used_at: BIGINT,
      revoked_at: BIGINT,
    },
    unique: [['token_hash']],
    indexes: [['family_id']],
  },
  wechat_accounts: {
    columns: {
      id,
      wechat_id: required(STRING(64)),
      nickname: required(STRING(200), ''),
      device_id: INTEGER,
      status: required(STRING(16), 'ACTIVE'),
      stop_code: STRING(32),
      stop_reason: STRING(500),
      health: required(INTEGER, 60),
      policy: required(STRING(8), 'safe'),
      caps: JSON_TEXT,
      budget_version: required(INTEGER, 1),
    },
    unique: [['wechat_id']],
    indexes: [['device_id']],
  },
  budget_spends: {
    columns: {
      id,
      account_id: required(INTEGER),
      day: required(STRING(10)),
      kind: required(STRING(16)),
      item_id: required(INTEGER),
      at: required(BIGINT),
    },
    unique: [['item_id']],
    indexes: [['account_id', 'day', 'kind']],
  },
  customers: {
    columns: {
      id,
      account_id: required(INTEGER),
      wechat_id: STRING(64),
      nickname: required(STRING(200), ''),
      remark: required(STRING(200), ''),
      region: required(STRING(100), ''),
      source: required(STRING(40), ''),
      opt_out: flag,
      created_at: required(BIGINT),
      last_sent_at: BIGINT,
      deleted_at: BIGINT,
    },
    indexes: [['account_id', 'wechat_id']],
  },
  tags: {
    columns: {
      id,
      name: required(STRING(100)),
    },
    unique: [['name']],
  },
  customer_tags: {
    columns: {
      customer_id: key(INTEGER),
      tag_id: key(INTEGER),
    },
    indexes: [['tag_id']],
  },
  wechat_groups: {
    columns: {
      id,
      account_id: required(INTEGER),
      name: required(STRING(200)),
      member_count: required(INTEGER, 0),
      confidence: required(STRING(8), 'LOW'),
      last_seen_at: required(BIGINT),
    },
    indexes: [['account_id', 'name']],
  },
  wechat_group_members: {
    columns: {
      id,
      group_id: required(INTEGER),
      name: required(STRING(200)),
      position: required(INTEGER),
    },
    indexes: [['group_id', 'position']],
  },
  materials: {
    columns: {
      id,
      name: required(STRING(200)),
      type: required(STRING(8)),
      mime_type: required(STRING(100)),
      size: required(BIGINT),
      sha256: required(STRING(64)),
      category_id: INTEGER,
      created_at: required(BIGINT),
      deleted_at: BIGINT,
    },
    unique: [['sha256']],
  },
  material_categories: {
    columns: {
      id,
      name: required(STRING(100)),
      parent_id: INTEGER,
    },
  },
  message_templates: {
    columns: {
      id,
      name: required(STRING(100)),
      type: required(STRING(16)),
      content: required(TEXT),
      variables: required(JSON_TEXT),
      material_ids: required(JSON_TEXT),
      created_at: required(BIGINT),
      deleted_at: BIGINT,
    },
  },
  audit_log: {
    columns: {
      id,
      at: required(BIGINT),
      user_id: INTEGER,
      username: required(STRING(64)),
      ip: required(STRING(64)),
      action: required(STRING(100)),
      target: required(STRING(200)),
      before: JSON_TEXT,
      after: JSON_TEXT,
      outcome: required(INTEGER),
      request_id: required(STRING(64)),
    },
    indexes: [['at']],
  },
  idempotency_keys: {
    columns: {
      id,
      user_id: required(INTEGER),
      method: required(STRING(8)),
      path: required(STRING(200)),
      key: required(STRING(128)),
      body_hash: required(STRING(64)),
      status: INTEGER,
      response: JSON_TEXT,
      created_at: required(BIGINT),
    },
    unique: [['user_id', 'method', 'path', 'key']],
  },
}
