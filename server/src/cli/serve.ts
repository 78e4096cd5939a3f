/** In: the configuration. Out: the running product, its address and, on the first start, one-time passwords. Called by: cli.ts. */
import { open } from '../open.ts';
import { AuthService } from '../platform/auth/auth.service.ts';
import { readConfig } from '../platform/config.ts';
import { serve } from '../serve.ts';
import { DemoDesk } from '../demo/demo-desk.ts';
import { parsed, say, type Verb } from './verb.ts';

export const serveVerb: Verb = {
  usage: '',
  summary: '启动服务、网页与定时采集',
  async run(args) {
    parsed(args, {});
    const started = performance.now();
    const config = readConfig();
    const opened = await open(config, (step) => say(`· ${step}`));
    const stop = waitForSignal();
    try {
      const served = await serve(opened, { scheduled: true });
      const made = await opened.core.db.alone('bootstrap', () => served.app.get(AuthService).bootstrap());
      say(`· 服务已启动（${((performance.now() - started) / 1000).toFixed(1)} 秒）`);
      const demo = await opened.core.demo.start(served.app.get(DemoDesk));
      say('');
      say(`  民声  ${served.url}`);
      if (demo) say('  正在展示演示城市“澜江市”（虚构）。新增真实采集源后，演示数据会全部清除。');
      if (made.length > 0) {
        say('');
        say('  首次启动，已建立以下账号。口令只显示这一次，请登录后修改：');
        for (const { username, role, oneTimePassword } of made)
          say(`    ${username.padEnd(10)} 一次性口令 ${oneTimePassword}   ${role}`);
      } else {
        say('  用已有账号登录；忘记口令时运行 npx pnpm minsheng user reset 账号名');
      }
      say('');
      say('  按 Ctrl-C 停止。');
      await stop;
      say('\n· 正在停止：保存采集进度并归还租约');
      await served.close();
    } finally {
      await opened.close();
    }
    say('· 已停止，数据完整保留。');
    return 0;
  },
};

function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}
