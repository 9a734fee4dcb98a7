// Package browser drives real browsers: Chromium by chromedriver (W3C WebDriver), Firefox by its
// own protocol (Marionette). Start with [Chromium] or [Firefox].
package browser
