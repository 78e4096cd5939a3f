/**
 * In: what the office decides once. Out: its name, retention, approval rule, and whether the demo city is shown.
 * Used by: auth (status), inbox (approval), retention, briefings (office name), demo.
 */
import { OfficeSettings } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.ts';
import { SettingEntity } from '../auth/user.entity.ts';

const OFFICE_DEFAULT: OfficeSettings = { office: '本单位新闻办', retentionDays: 180, replyNeedsApproval: true };

@Injectable()
export class Settings {
  constructor(private readonly db: Database) {}

  async get(key: string): Promise<unknown> {
    return (await this.db.repo(SettingEntity).findOneBy({ key }))?.value;
  }

  async set(key: string, value: unknown): Promise<void> {
    await this.db.write((tx) =>
      tx.run('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', [
        key,
        JSON.stringify(value),
      ]),
    );
  }

  async office(): Promise<OfficeSettings> {
    const saved = OfficeSettings.partial().safeParse(await this.get('office'));
    return { ...OFFICE_DEFAULT, ...(saved.success ? saved.data : {}) };
  }

  /** True while the demo city is being shown. */
  async demo(): Promise<boolean> {
    return (await this.get('demo')) === true;
  }
}
