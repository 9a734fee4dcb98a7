package device

import "time"

const kib = 1 << 10

// The firmwares that boards have.
const (
	withOpenMV      = "openmv-5.0"
	withMicroPython = "micropython-1.28"
	withESP32       = "micropython-1.28-esp32"
)

// Connection limits. lwIP's is the default of MEMP_NUM_TCP_PCB, which no port of MicroPython's own
// changes; the WINC1500 has seven TCP sockets, and an ESP32 ten of any kind, of which the listener
// takes one.
const (
	lwipConnections  = 5
	wincConnections  = 7 - 1
	esp32Connections = 10 - 1
)

var (
	winc1500  = &Network{Name: "WINC1500", Connections: wincConnections, Transfer: 1400}
	wifi      = onLwIP("cyw43", 800, 8)
	ethernet  = onLwIP("Ethernet", 800, 8)
	wifiN6    = onLwIP("cyw43", 1460, 16)
	wifiAlif  = onLwIP("cyw43", 1460, 8)
	wifiESP32 = &Network{
		Name: "ESP-IDF's lwIP", Link: "Wi-Fi", Connections: esp32Connections,
		SegmentSize: 1440, Window: 5760, SendBuffer: 5760, LwIP: true,
	}
)

// onLwIP is lwIP as MicroPython has it: window and send buffer are so many segments.
func onLwIP(link string, segment, segments int) *Network {
	return &Network{
		Name: "lwIP", Link: link, Connections: lwipConnections,
		SegmentSize: segment, Window: segments * segment, SendBuffer: segments * segment, LwIP: true,
	}
}

// Where mbedtls_time begins, and what the clocks of ports say when nobody has set them.
var (
	epoch2000  = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	epoch1970  = time.Unix(0, 0).UTC()
	unsetSTM32 = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	unsetIMXRT = time.Date(2013, 10, 14, 19, 53, 11, 0, time.UTC)
	unsetRP2   = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
)

// boards are first those of OpenMV's firmware, then those of MicroPython's. Each figure has its source in CAMERA.md
// section 9.
var boards = []*Board{
	{
		Name: "OPENMV2", Title: "OpenMV Cam M4", Aliases: []string{"openmv-m4"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "STM32F427", MHz: 192, Heap: []int{44 * kib}, Network: winc1500, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "OPENMV3", Title: "OpenMV Cam M7", Aliases: []string{"openmv-m7"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "STM32F765", MHz: 216, Heap: []int{50 * kib}, Network: winc1500, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "OPENMV4", Title: "OpenMV Cam H7", Aliases: []string{"openmv-h7"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "STM32H743", MHz: 480, Heap: []int{64 * kib, 264 * kib}, Network: winc1500, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "OPENMV4P", Title: "OpenMV Cam H7 Plus", Aliases: []string{"openmv-h7-plus"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "STM32H743", MHz: 480, Heap: []int{232 * kib, 4096 * kib}, Network: winc1500, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "OPENMVPT", Title: "OpenMV Pure Thermal", Aliases: []string{"openmv-pure-thermal"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "STM32H743", MHz: 480, Heap: []int{240 * kib, 8192 * kib}, Network: winc1500, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "OPENMV_RT1060", Title: "OpenMV Cam RT1062", Aliases: []string{"openmv-rt1062"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "MIMXRT1062", MHz: 600, Heap: []int{64 * kib, 204 * kib, 8192 * kib}, Network: wifi, Epoch: epoch1970, Unset: unsetIMXRT,
	}, {
		Name: "OPENMV_N6", Title: "OpenMV N6", Aliases: []string{"openmv-n6"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "STM32N657", MHz: 800, Heap: []int{1024 * kib, 24576 * kib}, Network: wifiN6, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "OPENMV_AE3", Title: "OpenMV AE3", Aliases: []string{"openmv-ae3"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "Alif E7", MHz: 400, Heap: []int{4096 * kib}, Network: wifiAlif, Epoch: epoch1970, Unset: epoch1970,
	}, {
		Name: "ARDUINO_NICLA_VISION", Title: "Arduino Nicla Vision", Aliases: []string{"nicla-vision"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "STM32H747", MHz: 400, Heap: []int{30 * kib, 63 * kib, 276 * kib}, Network: wifi, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "ARDUINO_GIGA", Title: "Arduino Giga R1 WiFi", Aliases: []string{"giga"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "STM32H747", MHz: 480, Heap: []int{256 * kib, 2560 * kib}, Network: wifi, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "ARDUINO_PORTENTA_H7", Title: "Arduino Portenta H7", Aliases: []string{"portenta-h7"}, Project: OpenMV, Firmware: withOpenMV,
		Processor: "STM32H747", MHz: 400, Heap: []int{176 * kib, 2560 * kib}, Network: wifi, Epoch: epoch2000, Unset: unsetSTM32,
	},

	{
		Name: "RPI_PICO_W", Title: "Raspberry Pi Pico W", Aliases: []string{"pico-w"}, Project: MicroPython, Firmware: withMicroPython,
		Processor: "RP2040", MHz: 125, Heap: []int{205 * kib}, Network: wifi, Epoch: epoch1970, Unset: unsetRP2,
	}, {
		Name: "RPI_PICO2_W", Title: "Raspberry Pi Pico 2 W", Aliases: []string{"pico-2-w"}, Project: MicroPython, Firmware: withMicroPython,
		Processor: "RP2350", MHz: 150, Heap: []int{456 * kib}, Network: wifi, Epoch: epoch1970, Unset: unsetRP2,
	}, {
		Name: "MICROPYTHON_NICLA_VISION", Title: "Arduino Nicla Vision with MicroPython", Aliases: []string{"nicla-vision-micropython"},
		Project: MicroPython, Firmware: withMicroPython,
		Processor: "STM32H747", MHz: 400, Network: wifi, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "MICROPYTHON_GIGA", Title: "Arduino Giga R1 WiFi with MicroPython", Aliases: []string{"giga-micropython"},
		Project: MicroPython, Firmware: withMicroPython,
		Processor: "STM32H747", MHz: 480, Network: wifi, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "MICROPYTHON_PORTENTA_H7", Title: "Arduino Portenta H7 with MicroPython", Aliases: []string{"portenta-h7-micropython"},
		Project: MicroPython, Firmware: withMicroPython,
		Processor: "STM32H747", MHz: 400, Heap: []int{394 * kib}, Network: wifi, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "TEENSY41", Title: "Teensy 4.1", Aliases: []string{"teensy-4.1"}, Project: MicroPython, Firmware: withMicroPython,
		Processor: "MIMXRT1062", MHz: 600, Heap: []int{768 * kib}, Network: ethernet, Epoch: epoch1970, Unset: unsetIMXRT,
	}, {
		Name: "PYBD_SF2", Title: "Pyboard D, SF2W", Aliases: []string{"pyboard-d", "pyboard-d-sf2w"},
		Project: MicroPython, Firmware: withMicroPython,
		Processor: "STM32F722", MHz: 120, Heap: []int{181 * kib}, Network: wifi, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "PYBD_SF6", Title: "Pyboard D, SF6W", Aliases: []string{"pyboard-d-sf6w"}, Project: MicroPython, Firmware: withMicroPython,
		Processor: "STM32F767", MHz: 144, Heap: []int{386 * kib}, Network: wifi, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "NUCLEO_F767ZI", Title: "NUCLEO-F767ZI", Project: MicroPython, Firmware: withMicroPython,
		Processor: "STM32F767", MHz: 216, Heap: []int{271 * kib}, Network: ethernet, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "NUCLEO_H743ZI", Title: "NUCLEO-H743ZI", Project: MicroPython, Firmware: withMicroPython,
		Processor: "STM32H743", MHz: 400, Heap: []int{457 * kib}, Network: ethernet, Epoch: epoch2000, Unset: unsetSTM32,
	}, {
		Name: "ESP32_GENERIC", Title: "ESP32", Aliases: []string{"esp32"}, Project: MicroPython, Firmware: withESP32,
		Processor: "ESP32", MHz: 160, Network: wifiESP32, Epoch: epoch1970, Unset: epoch2000,
	}, {
		Name: "ESP32_GENERIC-SPIRAM", Title: "ESP32 with PSRAM", Aliases: []string{"esp32-psram"}, Project: MicroPython, Firmware: withESP32,
		Processor: "ESP32", MHz: 160, Network: wifiESP32, Epoch: epoch1970, Unset: epoch2000,
	}, {
		Name: "ESP32_GENERIC_S3", Title: "ESP32-S3, also with PSRAM", Aliases: []string{"esp32-s3"}, Project: MicroPython, Firmware: withESP32,
		Processor: "ESP32-S3", MHz: 160, Network: wifiESP32, Epoch: epoch1970, Unset: epoch2000,
	}, {
		Name: "ESP32_GENERIC_S3-SPIRAM_OCT", Title: "ESP32-S3 with octal PSRAM", Aliases: []string{"esp32-s3-octal"},
		Project: MicroPython, Firmware: withESP32,
		Processor: "ESP32-S3", MHz: 240, Network: wifiESP32, Epoch: epoch1970, Unset: epoch2000,
	},
}
