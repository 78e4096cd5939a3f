/** In: a name. Out: users listed, made or given a new one-time password, recorded in the audit log. Called by: cli.ts. */
import { Role, roleConflict, Username } from '@minsheng/contracts';
import { open } from '../open.ts';
import { Audit } from '../platform/audit/audit.service.ts';
import { AuthService } from '../platform/auth/auth.service.ts';
import { UserEntity } from '../platform/auth/user.entity.ts';
import { readConfig } from '../platform/config.ts';
import { notFound, UserError } from '../platform/errors.ts';
import { answer, parsed, required, say, type Verb } from './verb.ts';

export const userVerb: Verb = {
  usage: 'list | add 账号 --name 姓名 --role 角色… | reset 账号',
  summary: '查看用户、新增用户、重置口令',
  async run(args) {
    const { positionals, values } = parsed(args, {
      name: { type: 'string' },
      role: { type: 'string', multiple: true },
    });
    const [action, username] = positionals;
    const { core, close } = await open(readConfig());
    try {
      const auth = new AuthService(core.db, core.clock);
      const audit = new Audit(core.db, core.clock);
      const record = (what: string, target: number) =>
        audit.record({
          userId: null,
          username: '命令行',
          action: what,
          target: String(target),
          outcome: 'ok',
          detail: null,
          correlationId: `cli-${process.pid}`,
        });
      if (action === 'list') {
        for (const u of await core.db.repo(UserEntity).find())
          answer({
            id: u.id,
            username: u.username,
            displayName: u.displayName,
            roles: u.roles,
            disabled: u.disabled === 1,
          });
      } else if (action === 'add') {
        const roles = Role.array().safeParse(values.role ?? []);
        const name = Username.safeParse(username);
        if (!name.success) throw new UserError('invalid-input', name.error.issues[0]?.message ?? '账号名有误。');
        if (!roles.success)
          throw new UserError('invalid-input', '角色有误。', { todo: `可用：${Role.options.join('、')}。` });
        const problem = roleConflict(roles.data);
        if (problem !== null) throw new UserError('invalid-input', problem);
        const { id, oneTimePassword } = await auth.createUser({
          username: name.data,
          displayName: values.name ?? name.data,
          roles: roles.data,
        });
        await record('users.create', id);
        answer({ id, username: name.data, oneTimePassword });
      } else if (action === 'reset') {
        const user = await core.db.repo(UserEntity).findOneBy({ username: required(username, '账号名') });
        if (user === null) throw notFound('个用户');
        const oneTimePassword = await auth.resetPassword(user.id);
        await record('users.reset-password', user.id);
        answer({ id: user.id, username: user.username, oneTimePassword });
      } else {
        say(`用法：minsheng user ${this.usage}`);
        return 2;
      }
      return 0;
    } finally {
      await close();
    }
  },
};
