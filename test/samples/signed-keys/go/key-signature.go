package main

import (
	"github.com/golang-jwt/jwt/v5"
)

// What the sample needs to be a program; its document leaves "time" out.
import (
	"fmt"
	"os"
	"time"
)

func GenerateSignature(apiKey, jwtKey string) (string, error) {
	claims := jwt.MapClaims{}
	claims["key"] = apiKey
	claims["exp"] = time.Now().Add(time.Second * 15).Unix() // this prevents replay attacks
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	tokenString, err := token.SignedString([]byte(jwtKey))
	if err != nil {
		return "", err
	}
	return tokenString, nil
}

func main() {
	signature, err := GenerateSignature(os.Getenv("API_KEY"), os.Getenv("JWT_KEY"))
	if err != nil {
		panic(err)
	}
	fmt.Println(signature)
}
