package device

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"time"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// QVGA, the frame size that OpenMV's examples use.
const pictureWidth, pictureHeight = 320, 240

// testPicture returns a JPEG that shows colour bars, a disc that moves with the
// frame number, the number and the time.
func testPicture(frame int64, now time.Time) []byte {
	img := image.NewRGBA(image.Rect(0, 0, pictureWidth, pictureHeight))
	bars := []color.RGBA{
		{192, 192, 192, 255}, {192, 192, 0, 255}, {0, 192, 192, 255}, {0, 192, 0, 255},
		{192, 0, 192, 255}, {192, 0, 0, 255}, {0, 0, 192, 255},
	}
	for i, c := range bars {
		bar := image.Rect(i*pictureWidth/len(bars), 0, (i+1)*pictureWidth/len(bars), pictureHeight)
		draw.Draw(img, bar, image.NewUniform(c), image.Point{}, draw.Src)
	}
	drawDisc(img, frame)
	draw.Draw(img, image.Rect(0, pictureHeight-20, pictureWidth, pictureHeight), image.Black, image.Point{}, draw.Src)
	text := font.Drawer{Dst: img, Src: image.White, Face: basicfont.Face7x13, Dot: fixed.P(6, pictureHeight-6)}
	text.DrawString(fmt.Sprintf("frame %d  %s", frame, now.UTC().Format("2006-01-02 15:04:05.000 MST")))

	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 60}); err != nil {
		panic(err) // a picture of this size always encodes into memory
	}
	return out.Bytes()
}

func drawDisc(img *image.RGBA, frame int64) {
	const radius, orbit, turn = 18, 70, 40 // pixels, pixels, frames
	angle := 2 * math.Pi * float64(frame%turn) / turn
	cx := pictureWidth/2 + int(orbit*math.Cos(angle))
	cy := (pictureHeight-20)/2 + int(orbit*math.Sin(angle))
	for y := -radius; y <= radius; y++ {
		for x := -radius; x <= radius; x++ {
			if x*x+y*y <= radius*radius {
				img.SetRGBA(cx+x, cy+y, color.RGBA{255, 255, 255, 255})
			}
		}
	}
}
