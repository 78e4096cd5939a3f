import { mount, type VueWrapper } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineComponent, nextTick, ref } from 'vue';
import FormDialog from './FormDialog.vue';

let page: VueWrapper;
let submitted = 0;
const open = ref(false);
const busy = ref(false);

beforeEach(() => {
  submitted = 0;
  open.value = false;
  busy.value = false;
  page = mount(
    defineComponent({
      components: { FormDialog },
      setup: () => ({ open, busy, submit: () => (submitted += 1) }),
      template: `<main id="main" tabindex="-1"></main><button id="opener" @click="open = true">打开</button>
        <FormDialog id="f" :open="open" title="记录进展" :busy="busy" @submit="submit" @close="open = false">
          <input id="one"><textarea id="two" />
        </FormDialog>`,
    }),
    { attachTo: document.body },
  );
});
afterEach(() => page.unmount());

async function opened(): Promise<void> {
  page.find<HTMLButtonElement>('#opener').element.focus();
  open.value = true;
  await settled();
}
async function settled(): Promise<void> {
  for (let i = 0; i < 4; i += 1) await nextTick();
}
const press = (at: string, key: string, more: object = {}) => page.find(at).trigger('keydown', { key, ...more });
const asks = (): boolean => page.text().includes('放弃已填写的内容？');
const click = async (text: string): Promise<void> => {
  await page
    .findAll('button')
    .find((b) => b.text() === text)
    ?.trigger('click');
  await settled();
};

describe('a form in a dialog', () => {
  it('starts at its first field, and Escape leaves it and gives the focus back', async () => {
    await opened();
    expect(document.activeElement?.id).toBe('one');
    await press('#one', 'Escape');
    await settled();
    expect(open.value).toBe(false);
    expect(document.activeElement?.id).toBe('opener');
  });

  it('asks before what was typed is lost: by Escape, 取消, 关闭 or a click outside', async () => {
    await opened();
    await page.find('#two').setValue('已联系水务集团');
    await press('#two', 'Escape', { isComposing: true });
    expect(asks()).toBe(false);
    const ways: (() => Promise<unknown>)[] = [
      () => press('#two', 'Escape'),
      () => click('取消'),
      () => page.find('[aria-label="关闭"]').trigger('click'),
      () => page.find('dialog').trigger('click'),
    ];
    for (const leave of ways) {
      await leave();
      await settled();
      expect(open.value).toBe(true);
      expect(asks()).toBe(true);
      // The step that does no harm has the focus.
      expect(document.activeElement?.textContent).toBe('继续填写');
      await click('继续填写');
      expect(asks()).toBe(false);
      expect(page.find<HTMLTextAreaElement>('#two').element.value).toBe('已联系水务集团');
    }
    await press('#two', 'Escape');
    await settled();
    await click('放弃');
    expect(open.value).toBe(false);
    expect(document.activeElement?.id).toBe('opener');
    // Nothing of it is left to ask about.
    await opened();
    await press('#one', 'Escape');
    await settled();
    expect(open.value).toBe(false);
  });

  it('is handed in by Enter, and by Ctrl+Enter where lines are written, once', async () => {
    await opened();
    await page.find('#f').trigger('submit');
    await press('#two', 'Enter');
    expect(submitted).toBe(1);
    await press('#two', 'Enter', { ctrlKey: true });
    expect(submitted).toBe(2);
    busy.value = true;
    await nextTick();
    await press('#two', 'Enter', { ctrlKey: true });
    expect(submitted).toBe(2);
    expect(page.find('button[type=submit]').attributes('disabled')).toBeDefined();
  });
});
