package main

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What the sample needs to be a program.
import (
	"fmt"
	"os"
)

func generateSignature(appKey string, appSecret []byte) (string, error) {
	claims := jwt.MapClaims{
		"key": appKey,
		"exp": time.Now().Add(time.Minute).Unix(),
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	return token.SignedString(appSecret)
}

func main() {
	signature, err := generateSignature(os.Getenv("APP_KEY"), []byte(os.Getenv("APP_SECRET")))
	if err != nil {
		panic(err)
	}
	fmt.Println(signature)
}
