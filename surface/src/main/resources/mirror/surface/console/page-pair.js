import { h } from './dom.js';
import { Page, head } from './page.js';
class X extends Page { show() { this.append(head('pair')); } }
customElements.define('page-pair', X);
