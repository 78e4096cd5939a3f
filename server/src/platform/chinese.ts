/** In: nothing. Out: validation messages in Chinese, where a schema gives none of its own. Imported for its effect by: serve.ts, cli.ts. */
import { z } from 'zod';
import { zhCN } from 'zod/locales';

z.config(zhCN());
